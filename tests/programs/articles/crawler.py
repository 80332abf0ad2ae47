"""A crawler that keeps the errors for its report, and with each of them the connection of a page that is missing.

crawler.py BASE PATH...    fetch the pages, say "fetched", and report at the end of the input
"""
import sys
import urllib.error
import urllib.request

base, paths = sys.argv[1], sys.argv[2:]
missing = []
for path in paths:
    try:
        with urllib.request.urlopen(base + path) as page:
            print(path, page.status, len(page.read()))
    except urllib.error.HTTPError as error:
        missing.append((path, error))
print("fetched", flush=True)
sys.stdin.read()
for path, error in missing:
    print(path, error.code)
