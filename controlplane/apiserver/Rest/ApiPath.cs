using System.Diagnostics.CodeAnalysis;

namespace Podwire.ApiServer.Rest;

/// <summary>A path that names a resource: /api/v1/..., /apis/GROUP/VERSION/..., with or without a namespace, a name and a subresource.</summary>
internal sealed record ApiPath(ApiResource Resource, string? Namespace, string? Name, string? Subresource)
{
    public static bool TryParse(string[] steps, ResourceCatalog catalog, [NotNullWhen(true)] out ApiPath? path)
    {
        path = null;
        var (group, version, rest) = steps switch
        {
            ["api", var core, .. var after] => (string.Empty, core, after),
            ["apis", var name, var number, .. var after] => (name, number, after),
            _ => (string.Empty, string.Empty, []),
        };
        if (rest.Length == 0 || Array.Exists(rest, step => step.Length == 0))
        {
            return false;
        }

        // namespaces/NS/RESOURCE..., but namespaces/NAME/status and /finalize are the namespace's own.
        string? @namespace = null;
        if (rest is ["namespaces", var within, var plural, ..] && catalog.Find(group, version, plural) is { IsNamespaced: true })
        {
            @namespace = within;
            rest = rest[2..];
        }

        if (rest.Length > 3 || catalog.Find(group, version, rest[0]) is not { } resource)
        {
            return false;
        }

        var objectName = rest.Length > 1 ? rest[1] : null;
        var subresource = rest.Length > 2 ? rest[2] : null;
        if ((@namespace is not null && !resource.IsNamespaced)
            || (objectName is not null && resource.IsNamespaced && @namespace is null)
            || (subresource is not null && !resource.HasSubresource(subresource)))
        {
            return false;
        }

        path = new ApiPath(resource, @namespace, objectName, subresource);
        return true;
    }
}
