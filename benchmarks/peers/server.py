"""The scripted server in a process of its own: each reply holds a new right candidate.

    python server.py SECONDS_PER_REPLY

Prints its address; a line on standard input asks for its figures, the end of the input ends it.
"""

from __future__ import annotations

import itertools
import json
import sys

from driver import variation

from langprop.testing.server import Answer, Request, ScriptedServer

# Each framework finds the code in this form: in a fenced block, between tags, between marks.
REPLY = """<NAME>
candidate_{index}
</NAME>
<DESCRIPTION>
Twice the number.
</DESCRIPTION>
<CODE>
```python
# EVOLVE-BLOCK-START
{code}# EVOLVE-BLOCK-END
```
</CODE>
"""


class Model:
    """Writes a new candidate in each reply."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.count = itertools.count(1_000_000)  # the candidates of the history have lower numbers

    def __call__(self, request: Request) -> Answer:  # noqa: ARG002 - each gets one of its own
        """Answer one request."""
        index = next(self.count)
        return Answer(REPLY.format(index=index, code=variation(index)), delay=self.delay)


def main() -> None:
    """Serve until the input ends."""
    with ScriptedServer(Model(float(sys.argv[1]))) as server:
        print(server.base_url, flush=True)
        for _ in sys.stdin:
            times = sorted(request.time for request in server.requests)
            first, last = (times[0], times[-1]) if times else (0.0, 0.0)
            figures = {"requests": len(times), "first": first, "last": last, "most": server.most}
            print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
