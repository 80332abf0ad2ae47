"""A program that does what it is told: on each line a Python literal, the code; it answers `=` and the repr of the
value, or `!` and the error's number. What it makes stays until it ends."""
import ast
import os
import select
import socket
import struct
import sys
import time

names = {"os": os, "select": select, "socket": socket, "struct": struct, "sys": sys, "time": time}


def do(code):
    try:
        compiled = compile(code, "told", "eval")
    except SyntaxError:
        exec(code, names)
        return None
    return eval(compiled, names)


for line in sys.stdin:
    try:
        answer = "= %r" % (do(ast.literal_eval(line)),)
    except OSError as error:
        answer = "! %d" % error.errno
    print(answer, flush=True)
