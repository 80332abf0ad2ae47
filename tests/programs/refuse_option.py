"""refuse_option LEVEL NAME ERRNO PROGRAM [ARGUMENT...]: becomes PROGRAM, whose setsockopt(2) of that option fails so."""
import ctypes
import os
import platform
import struct
import sys

SETSOCKOPT = {"x86_64": 54, "aarch64": 208, "riscv64": 208, "s390x": 366, "ppc64le": 339}[platform.machine()]
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
NUMBER, ARGUMENTS = 0, 16  # offsets in struct seccomp_data


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("rules", ctypes.c_char_p)]


def rule(code, value, if_not=0):
    """A comparison goes on with the next rule where it holds, and else so many further down."""
    return struct.pack("HBBI", code, 0, if_not, value)


level, name, number = map(int, sys.argv[1:4])
low = 0 if sys.byteorder == "little" else 4
rules = b"".join((rule(LOAD, NUMBER), rule(EQUAL, SETSOCKOPT, 5), rule(LOAD, ARGUMENTS + 8 + low), rule(EQUAL, level, 3),
                  rule(LOAD, ARGUMENTS + 16 + low), rule(EQUAL, name, 1), rule(RETURN, FAIL | number), rule(RETURN, ALLOW)))
program = Program(len(rules) // 8, rules)
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program)):
    sys.exit("refuse_option: %s" % os.strerror(ctypes.get_errno()))
os.execv(sys.argv[4], sys.argv[4:])
