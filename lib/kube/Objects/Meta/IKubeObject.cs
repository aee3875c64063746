namespace Podwire.Kube.Objects;

/// <summary>An object with a name and a version of its own in the API.</summary>
public interface IKubeObject
{
    /// <summary><c>GROUP/VERSION</c>, or <c>v1</c> for the core group.</summary>
    string ApiVersion { get; set; }

    /// <summary>The kind, such as <c>Pod</c>.</summary>
    string Kind { get; set; }

    /// <summary>Identity and version.</summary>
    ObjectMeta Metadata { get; set; }
}
