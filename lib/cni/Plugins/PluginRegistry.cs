using System.Diagnostics.CodeAnalysis;

namespace Podwire.Cni;

/// <summary>The plugins that live in this executable, by the name they are called by.</summary>
public sealed class PluginRegistry
{
    private readonly Dictionary<string, Func<IPlugin>> plugins = new(StringComparer.Ordinal);

    /// <summary>Every name, sorted.</summary>
    public IReadOnlyList<string> Names => [.. plugins.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Adds a plugin; it is made when it is called.</summary>
    public PluginRegistry Add(string name, Func<IPlugin> create)
    {
        plugins.Add(name, create);
        return this;
    }

    /// <summary>Makes a plugin, if it lives here.</summary>
    public bool TryCreate(string name, [NotNullWhen(true)] out IPlugin? plugin)
    {
        plugin = plugins.TryGetValue(name, out var create) ? create() : null;
        return plugin is not null;
    }
}
