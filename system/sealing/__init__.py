"""What is sealed with the keys of ATTEST_DATA_KEYS, brought under the first of them."""
