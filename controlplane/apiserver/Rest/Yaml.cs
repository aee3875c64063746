using System.Text;
using Podwire.ApiServer.Json;
using Podwire.Kube;

namespace Podwire.ApiServer.Rest;

/// <summary>YAML bodies, read as JSON.</summary>
internal static class Yaml
{
    /// <exception cref="FormatException">Not one YAML document.</exception>
    public static byte[] ToJson(byte[] yaml)
    {
        try
        {
            return YamlToJson.Parse(Encoding.UTF8.GetString(yaml)) is { } node ? JsonText.Bytes(node) : "null"u8.ToArray();
        }
        catch (YamlFormatException error)
        {
            throw new FormatException(error.Message, error);
        }
    }
}
