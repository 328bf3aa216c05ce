"""The official client speaks to `cowbox mcp`, with a handshake and without one."""

import asyncio
import os
import sys

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

COWBOX = sys.argv[1]


def text(result):
    return result.content[0].text


async def session(mode):
    server = StdioServerParameters(command=COWBOX, args=["mcp"], env=dict(os.environ))
    async with Client(server, mode=mode) as client:
        tools = (await client.list_tools()).tools
        assert {"run", "read", "write", "diff", "undo"} <= {tool.name for tool in tools}
        seen = []

        async def progress(done, total, message):
            seen.append(message)

        ran = await client.call_tool(
            "run", {"command": "echo out; echo more"}, progress_callback=progress)
        assert not ran.is_error and "out\nmore" in text(ran), ran
        assert "".join(seen).strip() == "out\nmore", seen
        assert ran.structured_content["exitCode"] == 0, ran
        await client.call_tool("write", {"path": "py.txt", "content": "hello\n"})
        assert text(await client.call_tool("read", {"path": "py.txt"})) == "hello\n"
        wrong = await client.call_tool("read", {"path": 7})
        assert wrong.is_error, wrong
        many = await asyncio.gather(
            *(client.call_tool("run", {"command": f"echo {n}"}) for n in range(20)))
        assert [text(result).split("\n")[0] for result in many] == [str(n) for n in range(20)]
        slow = asyncio.create_task(client.call_tool("run", {"command": "sleep 60"}))
        await asyncio.sleep(0.5)
        slow.cancel()
        try:
            await slow
        except asyncio.CancelledError:
            pass
        for _ in range(200):
            if "sleep 60" not in text(await client.call_tool("status", {})):
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("a cancelled command goes on")
        await client.call_tool("undo", {})
    print("ok the official client, mode", mode, flush=True)


for mode in ["legacy", "auto"]:
    asyncio.run(session(mode))
