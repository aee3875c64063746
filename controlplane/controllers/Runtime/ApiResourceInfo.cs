namespace Podwire.Controllers.Runtime;

/// <summary>A resource that the API server serves, as its discovery says.</summary>
/// <param name="Group">The group; empty for core.</param>
/// <param name="Version">The preferred version.</param>
/// <param name="Plural">The name in paths.</param>
/// <param name="Kind">The kind.</param>
/// <param name="IsNamespaced">Whether its objects live in namespaces.</param>
/// <param name="Verbs">What it can do.</param>
internal sealed record ApiResourceInfo(string Group, string Version, string Plural, string Kind, bool IsNamespaced, IReadOnlyList<string> Verbs)
{
    /// <summary>GROUP/VERSION, or the version alone for core.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>PLURAL.GROUP, or the plural alone for core: unique among the resources of a server.</summary>
    public string Id => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>True if it has all of the verbs.</summary>
    public bool Can(params ReadOnlySpan<string> verbs)
    {
        foreach (var verb in verbs)
        {
            if (!Verbs.Contains(verb))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The group of an apiVersion.</summary>
    public static string GroupOf(string apiVersion) => apiVersion.IndexOf('/') is var slash and >= 0 ? apiVersion[..slash] : string.Empty;
}
