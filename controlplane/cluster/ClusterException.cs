namespace Podwire.Cluster;

/// <summary>What a person should read as one line: it names the thing and, where there is one, the remedy. The command ends with 1.</summary>
public class ClusterException(string message) : Exception(message);
