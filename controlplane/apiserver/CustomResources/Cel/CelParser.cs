namespace Podwire.ApiServer.CustomResources.Cel;

/// <summary>Reads an expression by CEL's grammar (CEL language definition, Syntax) and checks that every name and function is known.</summary>
internal sealed class CelParser
{
    private const int DeepestNesting = 64;
    private static readonly string[] Macros = ["all", "exists", "exists_one", "filter", "map"];
    private static readonly string[][] Levels = [["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">=", "in"], ["+", "-"], ["*", "/", "%"]];

    private readonly List<CelToken> tokens;
    private readonly List<string> scope;
    private int at;
    private int depth;

    private CelParser(string text, IEnumerable<string> variables)
    {
        tokens = CelLexer.Read(text);
        scope = [.. variables];
    }

    private CelToken Next => tokens[at];

    /// <exception cref="CelException">A syntax error, or something that is not supported.</exception>
    public static CelNode Parse(string text, params IEnumerable<string> variables)
    {
        var parser = new CelParser(text, variables);
        var node = parser.Expression();
        return parser.Next.Kind == CelTokenKind.End ? node : throw parser.Unexpected();
    }

    private CelNode Expression()
    {
        if (++depth > DeepestNesting)
        {
            throw new CelException($"the expression nests deeper than {DeepestNesting} levels");
        }

        var condition = Level(0);
        if (Take("?"))
        {
            var then = Expression();
            Expect(":");
            condition = new CelNode.Conditional(condition, then, Expression());
        }

        depth--;
        return condition;
    }

    private CelNode Level(int level)
    {
        if (level == Levels.Length)
        {
            return Unary();
        }

        var left = Level(level + 1);
        while (Next.Kind is CelTokenKind.Operator or CelTokenKind.Name && Levels[level].Contains(Next.Text))
        {
            var name = tokens[at++].Text;
            left = new CelNode.Binary(name, left, Level(level + 1));
        }

        return left;
    }

    private CelNode Unary()
    {
        if (Take("!"))
        {
            return new CelNode.Unary("!", Unary());
        }

        return Take("-") ? new CelNode.Unary("-", Unary()) : Member();
    }

    private CelNode Member()
    {
        var node = Primary();
        while (true)
        {
            if (Take("."))
            {
                var name = Identifier();
                node = Take("(") ? Method(node, name) : new CelNode.Select(node, Unescape(name));
            }
            else if (Take("["))
            {
                node = new CelNode.Index(node, Expression());
                Expect("]");
            }
            else
            {
                return node;
            }
        }
    }

    private CelNode Primary()
    {
        var token = tokens[at++];
        switch (token.Kind)
        {
            case CelTokenKind.Int or CelTokenKind.Double or CelTokenKind.Text:
                return new CelNode.Literal(token.Value);
            case CelTokenKind.Operator when token.Text == "(":
                var inner = Expression();
                Expect(")");
                return inner;
            case CelTokenKind.Operator when token.Text == "[":
                return new CelNode.List(Arguments("]"));
            case CelTokenKind.Operator when token.Text == "{":
                return Map();
            case CelTokenKind.Name when token.Text is "true" or "false":
                return new CelNode.Literal(token.Text == "true");
            case CelTokenKind.Name when token.Text == "null":
                return new CelNode.Literal(null);
            case CelTokenKind.Name when Take("("):
                return token.Text == "has" ? Has() : Function(token.Text, null);
            case CelTokenKind.Name:
                return scope.Contains(token.Text) ? new CelNode.Name(token.Text) : throw new CelException($"undeclared reference to '{token.Text}'");
            default:
                at--;
                throw Unexpected();
        }
    }

    private CelNode Method(CelNode target, string name)
    {
        if (!Macros.Contains(name))
        {
            return Function(name, target);
        }

        var variable = Identifier();
        Expect(",");
        scope.Add(variable);
        var first = Expression();
        CelNode? second = Take(",") ? Expression() : null;
        scope.RemoveAt(scope.Count - 1);
        Expect(")");
        if (second is not null && name != "map")
        {
            throw new CelException($"{name}() takes a variable and one expression");
        }

        return new CelNode.Each(name, target, variable, second is null ? null : first, second ?? first);
    }

    private CelNode.Call Function(string name, CelNode? target)
    {
        var arguments = Arguments(")");
        return CelFunctions.Knows(name, target is not null, arguments.Count)
            ? new CelNode.Call(name, target, arguments)
            : throw new CelException($"the function {name}() with {arguments.Count} argument(s) is not supported by this API server");
    }

    private CelNode.Has Has()
    {
        var node = Expression();
        Expect(")");
        return node is CelNode.Select select ? new CelNode.Has(select.Of, select.Field) : throw new CelException("has() takes a field selection");
    }

    private CelNode.Map Map()
    {
        var entries = new List<(CelNode, CelNode)>();
        while (!Take("}"))
        {
            var key = Expression();
            Expect(":");
            entries.Add((key, Expression()));
            if (!Take(","))
            {
                Expect("}");
                break;
            }
        }

        return new CelNode.Map(entries);
    }

    private List<CelNode> Arguments(string close)
    {
        var items = new List<CelNode>();
        while (!Take(close))
        {
            items.Add(Expression());
            if (!Take(","))
            {
                Expect(close);
                break;
            }
        }

        return items;
    }

    /// <summary>Field names that CEL cannot write are escaped by Kubernetes: __dot__, __dash__, __slash__, __underscores__, __KEYWORD__.</summary>
    private static string Unescape(string name) => !name.Contains("__", StringComparison.Ordinal)
        ? name
        : name.Replace("__underscores__", "\u0001", StringComparison.Ordinal)
            .Replace("__dot__", ".", StringComparison.Ordinal)
            .Replace("__dash__", "-", StringComparison.Ordinal)
            .Replace("__slash__", "/", StringComparison.Ordinal)
            .Replace("__", string.Empty, StringComparison.Ordinal)
            .Replace("\u0001", "__", StringComparison.Ordinal);

    private string Identifier() => Next.Kind == CelTokenKind.Name ? tokens[at++].Text : throw Unexpected();

    private bool Take(string text)
    {
        if (Next.Kind != CelTokenKind.Operator || Next.Text != text)
        {
            return false;
        }

        at++;
        return true;
    }

    private void Expect(string text)
    {
        if (!Take(text))
        {
            throw new CelException($"position {Next.Position + 1}: expected '{text}', got {Next.Text}");
        }
    }

    private CelException Unexpected() => new($"position {Next.Position + 1}: unexpected {Next.Text}");
}
