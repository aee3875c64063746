using System.Text.Json.Nodes;
using Podwire.ApiServer.Rest;

namespace Podwire.ApiServer.Validation;

/// <summary>Collects what is wrong with an object, worded as k8s.io/apimachinery/pkg/util/validation/field words it.</summary>
internal sealed class FieldErrors
{
    private readonly List<StatusCause> items = [];

    public IReadOnlyList<StatusCause> Items => items;

    public bool IsEmpty => items.Count == 0;

    public void Required(string field, string detail = "") => Add("FieldValueRequired", field, "Required value", detail);

    public void Invalid(string field, JsonNode? value, string detail) => Add("FieldValueInvalid", field, $"Invalid value: {Show(value)}", detail);

    public void Invalid(string field, string value, string detail) => Add("FieldValueInvalid", field, $"Invalid value: \"{value}\"", detail);

    public void NotSupported(string field, string value, params ReadOnlySpan<string> supported)
    {
        var list = string.Join(", ", supported.ToArray().Select(item => $"\"{item}\""));
        Add("FieldValueNotSupported", field, $"Unsupported value: \"{value}\"", $"supported values: {list}");
    }

    public void Duplicate(string field, string value) => Add("FieldValueDuplicate", field, $"Duplicate value: \"{value}\"", string.Empty);

    public void Forbidden(string field, string detail) => Add("FieldValueForbidden", field, "Forbidden", detail);

    public void NotFound(string field, string value) => Add("FieldValueNotFound", field, $"Not found: \"{value}\"", string.Empty);

    public void TooLong(string field, int most) => Add("FieldValueTooLong", field, "Too long", $"may not be more than {most} bytes");

    private static string Show(JsonNode? value) => value switch
    {
        null => "null",
        _ => System.Text.Encoding.UTF8.GetString(Json.JsonText.Bytes(value)),
    };

    private void Add(string reason, string field, string what, string detail) =>
        items.Add(new StatusCause(reason, detail.Length == 0 ? what : $"{what}: {detail}", field));
}
