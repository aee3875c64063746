using System.Runtime.CompilerServices;
using Xunit.v3;

namespace Podwire.Uml;

/// <summary>A test that needs a kernel feature of the User Mode Linux guest: it runs there, and its result is reported here.</summary>
[XunitTestCaseDiscoverer(typeof(UmlFactDiscoverer))]
[AttributeUsage(AttributeTargets.Method)]
public sealed class UmlFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
    : FactAttribute(sourceFilePath, sourceLineNumber), ITraitAttribute
{
    /// <inheritdoc/>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [UmlGuest.Trait];
}
