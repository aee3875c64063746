using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Resources;

/// <summary>A resource without rules of its own beyond its schema: which names it takes, and whether it has status and generation.</summary>
internal sealed class PlainStrategy(NameRule nameRule = NameRule.Subdomain, bool hasStatus = false, bool hasGeneration = false) : ResourceStrategy
{
    public override NameRule NameRule => nameRule;

    public override bool HasStatus => hasStatus;

    public override bool HasGeneration => hasGeneration;
}
