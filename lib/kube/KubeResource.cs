using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>Where objects of a kind live in the API, and how they are read and written.</summary>
/// <typeparam name="T">The object's type.</typeparam>
public sealed class KubeResource<T>
    where T : class, IKubeObject
{
    /// <summary>Describes a resource of this library's types, or of a caller's with its own JSON options.</summary>
    /// <param name="group">The API group; empty for the core group.</param>
    /// <param name="version">The version, such as <c>v1</c>.</param>
    /// <param name="kind">The kind, such as <c>Pod</c>.</param>
    /// <param name="plural">The name in the path, such as <c>pods</c>.</param>
    /// <param name="namespaced">Whether objects live in namespaces.</param>
    /// <param name="options">From <see cref="KubeJson.With"/>; null for this library's types.</param>
    /// <exception cref="NotSupportedException"><paramref name="options"/> know neither T nor its list.</exception>
    public KubeResource(string group, string version, string kind, string plural, bool namespaced, JsonSerializerOptions? options = null)
    {
        Group = group;
        Version = version;
        Kind = kind;
        Plural = plural;
        Namespaced = namespaced;
        options ??= KubeJson.Options;
        ItemInfo = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        ListInfo = (JsonTypeInfo<KubeList<T>>)options.GetTypeInfo(typeof(KubeList<T>));
    }

    /// <summary>The API group; empty for the core group.</summary>
    public string Group { get; }

    /// <summary>The version, such as <c>v1</c>.</summary>
    public string Version { get; }

    /// <summary>The kind, such as <c>Pod</c>.</summary>
    public string Kind { get; }

    /// <summary>The name in the path, such as <c>pods</c>.</summary>
    public string Plural { get; }

    /// <summary>Whether objects live in namespaces.</summary>
    public bool Namespaced { get; }

    /// <summary><c>GROUP/VERSION</c>, or the version alone for the core group.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>How an object is read and written.</summary>
    public JsonTypeInfo<T> ItemInfo { get; }

    /// <summary>How a list is read.</summary>
    public JsonTypeInfo<KubeList<T>> ListInfo { get; }

    /// <summary>How an object of a list is read by hand, in one pass over the stream; null for <see cref="ListInfo"/>.</summary>
    public JsonItemReader<T>? ReadItem { get; init; }

    /// <summary>
    /// The path of the collection, of one object in it, or of an object's subresource, without a leading slash.
    /// A null namespace is every namespace, which only a collection has.
    /// </summary>
    /// <exception cref="ArgumentException">A namespaced object without a namespace, or a name that is no path segment.</exception>
    public string Path(string? ns, string? name = null, string? subresource = null)
    {
        var path = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        if (Namespaced && !string.IsNullOrEmpty(ns))
        {
            path = $"{path}/namespaces/{Segment(ns, "namespace")}";
        }
        else if (Namespaced && name is not null)
        {
            throw new ArgumentException($"{Plural} '{name}' needs a namespace", nameof(ns));
        }

        path = $"{path}/{Plural}";
        if (name is not null)
        {
            path = $"{path}/{Segment(name, "name")}";
        }

        return subresource is null ? path : $"{path}/{subresource}";
    }

    /// <summary>Such as <c>pods</c> or <c>deployments.apps</c>.</summary>
    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    private static string Segment(string text, string what) =>
        text.Length == 0 || text is "." or ".." || text.Contains('/') || text.Contains('%')
            ? throw new ArgumentException($"'{text}' is not a {what}", nameof(text))
            : Uri.EscapeDataString(text);
}
