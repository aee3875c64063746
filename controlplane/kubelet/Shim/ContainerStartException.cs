namespace Podwire.Kubelet.Shim;

/// <summary>A container's process could not be started; the message says at which step and why, for the container's status.</summary>
internal sealed class ContainerStartException(string message) : Exception(message);
