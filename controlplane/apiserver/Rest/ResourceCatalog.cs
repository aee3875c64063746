namespace Podwire.ApiServer.Rest;

/// <summary>The resources that are served, by group, version and plural: those that are built in, and those that definitions declare at run time.</summary>
internal sealed class ResourceCatalog
{
    private readonly Lock guard = new();
    private volatile State state;

    public ResourceCatalog(IEnumerable<ApiResource> resources) => state = new([.. resources], 1);

    public IReadOnlyList<ApiResource> All => state.Resources;

    /// <summary>Counts the changes, for what is made of the catalog and kept.</summary>
    public long Version => state.Version;

    public ApiResource Namespaces => this["", "v1", "namespaces"];

    public ApiResource this[string group, string version, string plural] => state.ByPath[(group, version, plural)];

    public ApiResource? Find(string group, string version, string plural) => state.ByPath.GetValueOrDefault((group, version, plural));

    /// <summary>The named groups with their versions, in the order of the table.</summary>
    public IEnumerable<IGrouping<string, string>> Groups => All.Where(resource => resource.Group.Length > 0)
        .Select(resource => (resource.Group, resource.Version)).Distinct().GroupBy(pair => pair.Group, pair => pair.Version);

    public IEnumerable<ApiResource> In(string group, string version) => All.Where(resource => resource.Group == group && resource.Version == version);

    /// <summary>Serves <paramref name="added"/> in place of what is served under its path, if anything is.</summary>
    public void Set(ApiResource added)
    {
        lock (guard)
        {
            state = new([.. All.Where(resource => (resource.Group, resource.Plural) != (added.Group, added.Plural)), added], state.Version + 1);
        }
    }

    /// <summary>Serves the resource no more.</summary>
    public void Remove(ApiResource removed)
    {
        lock (guard)
        {
            state = new([.. All.Where(resource => resource != removed)], state.Version + 1);
        }
    }

    private sealed class State(ApiResource[] resources, long version)
    {
        public ApiResource[] Resources { get; } = resources;

        public long Version { get; } = version;

        public Dictionary<(string Group, string Version, string Plural), ApiResource> ByPath { get; } =
            resources.ToDictionary(resource => (resource.Group, resource.Version, resource.Plural));
    }
}
