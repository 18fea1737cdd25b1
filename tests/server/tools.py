"""Calls of MCP's tools, by the messages themselves."""

from typing import Any

from starlette.testclient import TestClient

HEADERS = {"accept": "application/json, text/event-stream"}


def called(client: TestClient, tool: str, **arguments: Any) -> dict[str, Any]:
    """The result of a call of a tool."""
    params = {"name": tool, "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    result: dict[str, Any] = client.post("/mcp", headers=HEADERS, json=message).json()["result"]
    return result
