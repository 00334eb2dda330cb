using DctNet.Core.Provenance;
using DctNet.Core.Tests.Imaging;
using Xunit;

namespace DctNet.Core.Tests.Provenance;

public class Tc260LabelTests
{
    [Fact]
    public void The_json_is_exactly_as_the_standard_spells_it()
    {
        var json = Tc260Label.Create(Labels.ProviderCode, "00c0ffee00c0ffee").Value().ToJson();
        Assert.Equal(
            "{\"Label\":\"1\",\"ContentProducer\":\"001191110000000000000A00001\",\"ProduceID\":\"00c0ffee00c0ffee\",\"ReservedCode1\":\"\"," +
            "\"ContentPropagator\":\"\",\"PropagateID\":\"\",\"ReservedCode2\":\"\"}",
            json);
    }

    [Theory]
    [InlineData("")]
    [InlineData("001191110000000000000A0000")]
    [InlineData("001191110000000000000A000012")]
    [InlineData("101191110000000000000A00001")]
    [InlineData("001191110000000000000a00001")]
    [InlineData("00119111000000000000 A00001")]
    public void A_code_of_another_shape_is_refused(string code) =>
        Assert.Equal(FailureCode.InvalidOption, Tc260Label.Create(code, "1").Failure?.Code);

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("生成")]
    [InlineData("a\\b")]
    [InlineData("a\"b")]
    public void A_produce_id_with_other_characters_is_refused(string id) =>
        Assert.Equal(FailureCode.InvalidOption, Tc260Label.Create(Labels.ProviderCode, id).Failure?.Code);

    [Fact]
    public void Every_allowed_character_is_written_as_itself()
    {
        var all = string.Concat(Enumerable.Range(0x21, 0x7E - 0x21 + 1).Select(c => (char)c).Where(c => c is not ('"' or '\\')));
        var json = Tc260Label.Create(Labels.ProviderCode, all).Value().ToJson();
        Assert.Contains($"\"ProduceID\":\"{all}\"", json, StringComparison.Ordinal);
        Assert.All(json, c => Assert.InRange(c, '\x21', '\x7E'));
    }
}
