"""Connect from an event loop, which itself needs a pair of sockets."""

import asyncio

EXPECT = {"process": "leak"}
STATUS = ["ok", "exception", "timeout"]


async def connect(port):
    _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 0.05)
    writer.close()


def f(x):
    asyncio.run(connect(x["ports"]["TCP"]))
