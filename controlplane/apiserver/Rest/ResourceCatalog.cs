namespace Podwire.ApiServer.Rest;

/// <summary>The resources that are served, by group, version and plural. The seam for resources that are declared at run time.</summary>
internal sealed class ResourceCatalog
{
    private readonly List<ApiResource> resources;
    private readonly Dictionary<(string Group, string Version, string Plural), ApiResource> byPath;

    public ResourceCatalog(IEnumerable<ApiResource> resources)
    {
        this.resources = [.. resources];
        byPath = this.resources.ToDictionary(resource => (resource.Group, resource.Version, resource.Plural));
    }

    public IReadOnlyList<ApiResource> All => resources;

    public ApiResource Namespaces => this["", "v1", "namespaces"];

    public ApiResource this[string group, string version, string plural] => byPath[(group, version, plural)];

    public ApiResource? Find(string group, string version, string plural) => byPath.GetValueOrDefault((group, version, plural));

    /// <summary>The named groups with their versions, in the order of the table.</summary>
    public IEnumerable<IGrouping<string, string>> Groups => resources.Where(resource => resource.Group.Length > 0)
        .Select(resource => (resource.Group, resource.Version)).Distinct().GroupBy(pair => pair.Group, pair => pair.Version);

    public IEnumerable<ApiResource> In(string group, string version) => resources.Where(resource => resource.Group == group && resource.Version == version);
}
