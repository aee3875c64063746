namespace Podwire.Kube;

/// <summary>A request before it is sent.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">Path and query below the server's address.</param>
/// <param name="Body">The body; empty for none.</param>
/// <param name="ContentType">The body's media type.</param>
/// <param name="Accept">The wanted media type.</param>
internal sealed record KubeRequest(
    HttpMethod Method,
    string Path,
    ReadOnlyMemory<byte> Body = default,
    string ContentType = KubeRequest.Json,
    string Accept = KubeRequest.Json)
{
    public const string Json = "application/json";
}
