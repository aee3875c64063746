using System.Text.Json;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.State;

/// <summary>The annotation backend-data of the vxlan back end.</summary>
/// <param name="Vni">The network identifier.</param>
/// <param name="VtepMac">The Ethernet address of the node's vxlan device.</param>
internal sealed record VxlanBackendData(uint Vni, MacAddress VtepMac)
{
    /// <summary>As Go writes it, so that the annotation does not change when one daemon takes over from the other.</summary>
    public override string ToString() => $$"""{"VNI":{{Vni}},"VtepMAC":"{{VtepMac}}"}""";

    /// <summary>Reads it; null if it is not that.</summary>
    public static VxlanBackendData? TryParse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            uint vni = 0;
            MacAddress? mac = null;
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name.Equals("VNI", StringComparison.OrdinalIgnoreCase) && property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetUInt32(out var number))
                {
                    vni = number;
                }
                else if (property.Name.Equals("VtepMAC", StringComparison.OrdinalIgnoreCase) && property.Value.ValueKind == JsonValueKind.String && MacAddress.TryParse(property.Value.GetString(), out var parsed))
                {
                    mac = parsed;
                }
            }

            return mac is { IsZero: false, IsGroup: false } usable ? new VxlanBackendData(vni, usable) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
