"""The official MCP client of the era of `initialize` (`mcp<2`) and of the one after it, over HTTP and over pipes."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import anyio
import pytest
from source import ANSWERED, ANSWERING, REFUSED, URL, in_the_source, recipe

COMMAND = os.environ["CITAAT_COMMAND"]

if version("mcp").startswith("1."):
    from mcp import ClientSession, StdioServerParameters, stdio_client
    from mcp.client.streamable_http import streamablehttp_client

    @asynccontextmanager
    async def opened(way: str) -> AsyncIterator[ClientSession]:
        streams = (
            streamablehttp_client(f"{URL}/mcp")
            if way == "http"
            else stdio_client(StdioServerParameters(command=COMMAND, args=["mcp"], env=dict(os.environ)))
        )
        async with streams as (read, write, *_), ClientSession(read, write) as session:
            await session.initialize()
            yield session

    def structured(result: object) -> dict:
        return result.structuredContent

    def failed(result: object) -> bool:
        return result.isError
else:
    from mcp import Client, StdioServerParameters, stdio_client

    @asynccontextmanager
    async def opened(way: str) -> AsyncIterator[Client]:
        server = (
            f"{URL}/mcp"
            if way == "http"
            else stdio_client(StdioServerParameters(command=COMMAND, args=["mcp"], env=dict(os.environ)))
        )
        async with Client(server) as client:
            yield client

    def structured(result: object) -> dict:
        return result.structured_content

    def failed(result: object) -> bool:
        return result.is_error


WAYS = pytest.mark.parametrize("way", ["http", "stdio"])


@WAYS
def check_tools(way: str) -> None:
    async def run() -> None:
        async with opened(way) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == {"search", "fetch", "ask"}

    anyio.run(run)


@WAYS
@pytest.mark.parametrize("question", ANSWERED)
def check_search_then_fetch(way: str, question: str) -> None:
    async def run() -> None:
        async with opened(way) as client:
            found = await client.call_tool("search", {"query": question})
            assert json.loads(found.content[0].text) == structured(found)
            rows = structured(found)["results"]
            assert rows
            for row in rows:
                fetched = structured(await client.call_tool("fetch", {"id": row["id"]}))
                assert in_the_source(fetched["text"])
                assert fetched["url"] == row["url"] != ""

    anyio.run(run)


@WAYS
def check_ask(way: str) -> None:
    async def run() -> None:
        async with opened(way) as client:
            for question in ANSWERED:
                answer = structured(await client.call_tool("ask", {"question": question}))
                assert answer["status"] == "answered"
                assert all(in_the_source(citation["quote"]) for citation in answer["citations"])
            assert structured(await client.call_tool("ask", {"question": REFUSED}))["citations"] == []

    anyio.run(run)


@WAYS
def check_a_bad_call_is_told(way: str) -> None:
    async def run() -> None:
        async with opened(way) as client:
            assert failed(await client.call_tool("fetch", {"id": "nergens/1"}))

    anyio.run(run)


@pytest.mark.skipif(version("mcp").startswith("1."), reason="the README shows the client of today")
def check_the_recipe_of_the_readme() -> None:
    program = [sys.executable, "-c", recipe("python", "from mcp")]
    assert ANSWERING in subprocess.run(program, capture_output=True, encoding="utf-8", check=True).stdout
