namespace Podwire.CniFlannel.Agent.State;

/// <summary>No interface to the other nodes can be told; the message says what was looked for.</summary>
internal sealed class UnderlayException(string message) : Exception(message);
