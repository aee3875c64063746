namespace Podwire.ApiServer.Rest;

/// <summary>A subresource as discovery lists it.</summary>
internal sealed record ApiSubresource(string Name, string Group, string Version, string Kind, params string[] Verbs);
