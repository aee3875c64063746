namespace Podwire.Kubelet.Pods;

/// <summary>A container to be ended while its pod goes on.</summary>
/// <param name="Name">The container.</param>
/// <param name="Message">Why, for the event.</param>
internal sealed record ContainerKill(string Name, string Message);
