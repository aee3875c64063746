namespace Podwire.Kube.Objects;

/// <summary>A regular check of a container; exactly one kind of check is set.</summary>
public sealed class Probe : KubeValue
{
    /// <summary>Succeeds if the command ends with 0.</summary>
    public ExecAction? Exec { get; set; }

    /// <summary>Succeeds on a status from 200 to 399.</summary>
    public HttpGetAction? HttpGet { get; set; }

    /// <summary>Succeeds if a connection opens.</summary>
    public TcpSocketAction? TcpSocket { get; set; }

    /// <summary>Succeeds if the gRPC health service says SERVING.</summary>
    public GrpcAction? Grpc { get; set; }

    /// <summary>Seconds before the first check; default 0.</summary>
    public int? InitialDelaySeconds { get; set; }

    /// <summary>Seconds an answer may take; default 1.</summary>
    public int? TimeoutSeconds { get; set; }

    /// <summary>Seconds between checks; default 10.</summary>
    public int? PeriodSeconds { get; set; }

    /// <summary>Successes in a row to count as success; default 1.</summary>
    public int? SuccessThreshold { get; set; }

    /// <summary>Failures in a row to count as failure; default 3.</summary>
    public int? FailureThreshold { get; set; }

    /// <summary>Grace after a failed liveness check.</summary>
    public long? TerminationGracePeriodSeconds { get; set; }
}
