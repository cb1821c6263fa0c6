"""For authors of backends, and for tests without a network.

- `server.ScriptedServer`: a server on loopback that answers as told, in OpenAI's protocol and in
  Anthropic's; `answer.Answer` is what it is told, `listener.Listener` its HTTP side.
- `llm_suite.LLMSuite`: what every `LLM` must do.
- `executor_suite.ExecutorSuite`: what every `Executor` must do; `linked_suite.LinkedSuite` is the
  part of it with scripts that call each other.
- `straight_road.StraightRoad`: a driving simulator of one straight road, without SUMO.

The suites are pytest classes: inherit one, and override its fixture.
"""
