"""Start a process by vfork in machine code, which ends at once."""

from toolbox import run_code

STATUS = ["ok", "exception", "crash"]
MACHINE = "x86_64"


def f(x):
    # mov eax, 58 (vfork); syscall; test rax, rax; jnz +9; mov eax, 60 (exit); xor edi, edi; syscall
    code = b"\xb8\x3a\0\0\0\x5a\x0f\x05\x52\x48\x85\xc0\x75\x09\xb8\x3c\0\0\0\x31\xff\x0f\x05\xc3"
    return {"worked": ["vfork"] if run_code(code) > 0 else []}
