using FsCheck;
using FsCheck.Fluent;

namespace Podwire.Kube.Tests;

internal static class PropertyCheck
{
    /// <summary>Checks a property with random cases; fails with the shrunken counterexample and its seed.</summary>
    public static void Holds(this Property property) => property.Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));
}
