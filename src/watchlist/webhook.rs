//! `[[webhook]]`

use super::endpoint::{Purpose, address, secret};
use super::secrets::Secrets;
use super::section::{Section, Text};
use super::{Sink, Webhook};
use base64::Engine;
use std::collections::HashSet;

pub(super) const KEYS: &[&str] = &["name", "url", "secret", "proxy"];

/// Reads the webhooks, each with the place of its name.
pub(super) fn webhooks(sections: Vec<Section<'_>>, secrets: &dyn Secrets) -> Vec<(Webhook, Text)> {
    let usable = |section: &Section<'_>| {
        let elsewhere = section.findings.elsewhere_count();
        let webhook = webhook(section, secrets);
        webhook.filter(|_| section.findings.elsewhere_count() == elsewhere)
    };
    sections.iter().filter_map(usable).collect()
}

/// The names of the webhooks, also of those that are otherwise wrong: a rule may still name them.
pub(super) fn names(sections: &[Section<'_>]) -> Vec<Text> {
    let mut names: Vec<Text> = Vec::with_capacity(sections.len());
    let mut seen = HashSet::with_capacity(sections.len());
    for section in sections {
        let Some(name) = section.require("name", "name = \"newsroom\"").and_then(|field| field.text("\"newsroom\""))
        else {
            continue;
        };
        if name.text == Sink::Desktop.name() {
            let message = "a webhook can't be named \"desktop\": that is the desktop's own name";
            section.findings.error(name.span, message, "give it another name, here and in the rules that mean it");
        } else if !seen.insert(name.text.clone()) {
            let message = format!("two webhooks are named {:?}", name.text);
            section.findings.error(name.span, message, "give each its own name");
        } else {
            names.push(name);
        }
    }
    names
}

fn webhook(section: &Section<'_>, secrets: &dyn Secrets) -> Option<(Webhook, Text)> {
    let url = section.require("url", "url = \"https://hooks.example/gainsay\"");
    let url = url.and_then(|field| {
        let address = address(&field, Purpose::Webhook, secrets)?;
        let local = match address.expose().host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        if address.expose().scheme() == "http" && !local {
            let message = format!("alerts go to {address} without encryption");
            field.findings.note(field.span(), message, "use https:// where the receiver can");
        }
        Some(address)
    });
    let secret = section.get("secret").map(|field| {
        let (secret, _) = secret(&field, secrets)?;
        // Standard Webhooks 1.0, "Signature scheme": whsec_ and the base64 of 24 to 64 random bytes.
        let key = secret.expose().strip_prefix("whsec_");
        let key = key.and_then(|key| base64::engine::general_purpose::STANDARD.decode(key).ok());
        if !key.is_some_and(|key| (24..=64).contains(&key.len())) {
            field.error(
                "is not a signing secret: whsec_ and the base64 of 24 to 64 bytes",
                "make one with: echo \"whsec_$(head -c 32 /dev/urandom | base64)\", and give it to the receiver too",
            );
            return None;
        }
        Some(secret)
    });
    if secret.is_none() {
        let message = "this webhook has no secret: its receiver can't tell true messages from forged ones";
        section.findings.note(
            section.span.clone(),
            message,
            "add secret = { env = \"NAME\" } where the receiver checks signatures",
        );
    }
    let proxy = section.get("proxy").map(|field| address(&field, Purpose::Proxy, secrets));
    let name = section.get("name").and_then(|field| {
        let text = field.value.get_ref().as_str()?.trim();
        Some(Text { text: text.to_owned(), span: field.span() })
    })?;
    let webhook = Webhook { name: name.text.clone(), url: url?, secret: secret.flatten(), proxy: proxy.flatten() };
    Some((webhook, name))
}
