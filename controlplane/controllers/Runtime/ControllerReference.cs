using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>The owner reference by which an object belongs to the one object that controls it.</summary>
internal static class ControllerReference
{
    /// <summary>A controlling reference to <paramref name="owner"/>, which then waits for its dependants when it is deleted in the foreground.</summary>
    public static OwnerReference To(IKubeObject owner) => new()
    {
        ApiVersion = owner.ApiVersion,
        Kind = owner.Kind,
        Name = owner.Metadata.Name,
        Uid = owner.Metadata.Uid ?? string.Empty,
        Controller = true,
        BlockOwnerDeletion = true,
    };

    /// <summary>The controlling reference of an object, or null.</summary>
    public static OwnerReference? Of(IKubeObject dependant) => dependant.Metadata.OwnerReferences.Find(owner => owner.Controller == true);

    /// <summary>True if <paramref name="dependant"/> is controlled by exactly this <paramref name="owner"/>.</summary>
    public static bool IsTo(IKubeObject dependant, IKubeObject owner) => Of(dependant)?.Uid is { Length: > 0 } uid && uid == owner.Metadata.Uid;
}
