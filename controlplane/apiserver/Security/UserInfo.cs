namespace Podwire.ApiServer.Security;

/// <summary>Who asks: the common name and the organisations of the client certificate, or anonymous.</summary>
internal sealed record UserInfo(string Name, IReadOnlyList<string> Groups)
{
    public const string Masters = "system:masters";
    public const string NodesGroup = "system:nodes";
    public const string NodePrefix = "system:node:";

    public static UserInfo Anonymous { get; } = new("system:anonymous", ["system:unauthenticated"]);

    public bool IsAnonymous => ReferenceEquals(this, Anonymous);

    public bool IsMaster => Groups.Contains(Masters);

    /// <summary>The node's name if this is a kubelet.</summary>
    public string? NodeName => Groups.Contains(NodesGroup) && Name.StartsWith(NodePrefix, StringComparison.Ordinal) ? Name[NodePrefix.Length..] : null;
}
