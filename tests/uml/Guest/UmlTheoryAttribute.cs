using System.Runtime.CompilerServices;
using Xunit.v3;

namespace Podwire.Uml;

/// <summary>As <see cref="UmlFactAttribute"/>, with data; its rows must be values that xunit can serialise.</summary>
[XunitTestCaseDiscoverer(typeof(UmlTheoryDiscoverer))]
[AttributeUsage(AttributeTargets.Method)]
public sealed class UmlTheoryAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
    : TheoryAttribute(sourceFilePath, sourceLineNumber), ITraitAttribute
{
    /// <inheritdoc/>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [UmlGuest.Trait];
}
