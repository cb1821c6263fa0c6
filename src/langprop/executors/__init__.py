"""Executors: where scripts run.

- `base`: the contract: `Executor`, and `Session` for a script that is called step by step.
- `local`: `LocalExecutor`, isolated processes on this machine; the default.
- `inline`: `InlineExecutor`, this process, for code that is trusted.
- `shared`: the executor of trained functions.

Inside the local one: a `dispatcher` thread starts the processes; a `task` is one script on one
batch and may take several processes, each of them a `run`; a `session` talks to its process
directly, through a `channel`, a `turn` of calls at a time. Its `crew` are trusted processes, each a
`helper` seen from here and a `helper_process` seen from there, which share rollouts with this one.
"""
