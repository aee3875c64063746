using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Resources;

/// <summary>coordination.k8s.io/v1 Leases.</summary>
internal sealed class LeaseStrategy : ResourceStrategy
{
    public override void Validate(JsonObject item, FieldErrors errors)
    {
        var spec = item.Object("spec");
        if (spec.Number("leaseDurationSeconds") is <= 0)
        {
            errors.Invalid("spec.leaseDurationSeconds", spec!["leaseDurationSeconds"], "must be greater than 0");
        }

        if (spec.Number("leaseTransitions") < 0)
        {
            errors.Invalid("spec.leaseTransitions", spec!["leaseTransitions"], "must be greater than or equal to 0");
        }
    }
}
