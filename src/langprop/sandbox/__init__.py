"""The sandbox: one script, isolated from others and from the trainer.

What users see: `limits.Limits`, `outcome.Outcome`, `inputs.Inputs`.

How it works, from the outside in. Three processes take part:

- the trusted side (the trainer): `sandbox.Sandbox` is its handle of the zygote; it reads results as
  `frames`;
- the zygote (`zygote`), a clean interpreter that holds the inputs and runs no script;
- one child for each script and batch (`worker`), forked from the zygote. It gives up what it can
  (`confine`, `seccomp`), loads the script (`program`), calls it under an `alarm` (`caller`), and
  keeps what it prints (`printed`). Scripts that call each other are loaded together (`nested`).

Between them travel `control` messages, `job` descriptions, reports of nested `calls`, and data in
the `wire` format. `plain` says what data may be; `encoder` and `decoder` (with `arrays` for numpy)
do the work. `text` of any origin is made fit for people.
"""
