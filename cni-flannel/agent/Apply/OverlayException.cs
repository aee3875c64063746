namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>The kernel could not be brought to the desired state; the message names the objects.</summary>
internal sealed class OverlayException(string message) : Exception(message);
