"""Versions as trainers read them: a Hugging Face folder, and the files of LLaMA-Factory, ms-swift and the like.

Every format holds the same rows, in the splits that came with the data set. A folder or file is named by a digest of
its rows and never written twice, because the libraries that load it remember names rather than contents.
"""
