namespace Podwire.Kube.Objects;

/// <summary>One thing to do; exactly one is set.</summary>
public sealed class LifecycleHandler : KubeValue
{
    /// <summary>Run a command.</summary>
    public ExecAction? Exec { get; set; }

    /// <summary>Send a request.</summary>
    public HttpGetAction? HttpGet { get; set; }

    /// <summary>Open a connection (deprecated).</summary>
    public TcpSocketAction? TcpSocket { get; set; }

    /// <summary>Wait.</summary>
    public SleepAction? Sleep { get; set; }
}
