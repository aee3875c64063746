namespace Podwire.CniCalico.Ipam;

/// <summary>An address that cannot be had. Failures to reach the API server are exceptions of its client.</summary>
public sealed class IpamException(IpamFailure failure, string message) : Exception(message)
{
    /// <summary>What kind of failure it is.</summary>
    public IpamFailure Failure { get; } = failure;
}
