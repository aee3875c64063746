namespace Podwire.NetPolicy.Watch.Api;

/// <summary>An ipBlock.</summary>
internal sealed class NetworkPolicyBlock
{
    /// <summary>The block.</summary>
    public string? Cidr { get; set; }

    /// <summary>Blocks in it that are left out.</summary>
    public List<string> Except { get => field ??= []; set; }
}
