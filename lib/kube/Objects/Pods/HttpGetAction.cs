namespace Podwire.Kube.Objects;

/// <summary>An HTTP request to the container.</summary>
public sealed class HttpGetAction : KubeValue
{
    /// <summary>Default <c>/</c>.</summary>
    public string? Path { get; set; }

    /// <summary>Number or name of the port.</summary>
    public IntOrString Port { get; set; }

    /// <summary>Default the pod's address.</summary>
    public string? Host { get; set; }

    /// <summary><c>HTTP</c> (default) or <c>HTTPS</c>.</summary>
    public string? Scheme { get; set; }

    /// <summary>Further headers.</summary>
    public List<HttpHeader> HttpHeaders { get => field ??= []; set; }
}
