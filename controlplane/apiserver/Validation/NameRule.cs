namespace Podwire.ApiServer.Validation;

/// <summary>Which names a resource takes.</summary>
internal enum NameRule
{
    /// <summary>RFC 1123 subdomain, at most 253.</summary>
    Subdomain,

    /// <summary>RFC 1123 label, at most 63.</summary>
    Label,

    /// <summary>RFC 1035 label: starts with a letter, at most 63.</summary>
    ServiceLabel,

    /// <summary>Anything that fits into a path segment.</summary>
    PathSegment,
}
