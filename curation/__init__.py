"""What every data set needs, whatever it is about: records, rules, edits, versions, and their verification."""
