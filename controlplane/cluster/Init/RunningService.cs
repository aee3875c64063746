namespace Podwire.Cluster.Init;

/// <summary>One line of a node's /run/podwire/services.json: what <c>podwire status</c> shows of a service.</summary>
/// <param name="Name">The service.</param>
/// <param name="Pid">Its process in the node's PID namespace; 0 while it waits to be started again.</param>
/// <param name="Restarts">How often it was started again.</param>
internal sealed record RunningService(string Name, int Pid, int Restarts);
