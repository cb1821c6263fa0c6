"""An event loop that sleeps for ever, and shields itself."""

import asyncio

STATUS = ["timeout", "exception"]


async def wait():
    while True:
        try:
            await asyncio.sleep(99)
        except BaseException:
            pass


def f(x):
    asyncio.run(wait())
