namespace Podwire.Kube;

/// <summary>An open watch was silent for longer than allowed; its connection may be dead.</summary>
internal sealed class WatchIdleException(string message, Exception inner) : TimeoutException(message, inner);
