"""The second reading as a command."""

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from tests.clinical.second_reading import read_study, verdicts


def main() -> None:
    """Print one JSON line a patient."""
    parser = argparse.ArgumentParser(description="Verdicts of the second reading, one JSON line a patient.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    asked = parser.parse_args()
    patients, courses, scores = read_study(asked.folder)
    for answer in verdicts(patients, courses, scores, asked.as_of):
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")


main()
