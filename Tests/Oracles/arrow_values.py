# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
#
# arrow_values.py FOLDER: reads t.arrow in FOLDER, checks it in full, and writes answers.txt there:
# the number of batches, then a line for each row, its columns in order and the body as digits.
import sys

import pyarrow

folder = sys.argv[1]
with pyarrow.memory_map(f"{folder}/t.arrow") as source:
    file = pyarrow.ipc.open_file(source)
    table = file.read_all()
    table.validate(full=True)
    expected = "number time_ns written_ns kind detail connection sequence context length body"
    if table.column_names != expected.split():
        sys.exit(f"columns {table.column_names}")
    with open(f"{folder}/answers.txt", "w") as answers:
        print("batches", file.num_record_batches, file=answers)
        for row in zip(*(column.to_pylist() for column in table.columns)):
            print(*row[:-1], row[-1].hex() or "-", file=answers)
