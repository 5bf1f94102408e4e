#include "connector/province/markup_text.h"

#include <gtest/gtest.h>

#include "connector/base/limits.h"

namespace dvcsync::province {
namespace {

TEST(MarkupText, AnAttributeIsReadAsXmlMeansIt) {
    const std::string tag =
        "<r version = '1'\n exported=\"31/03/2019&#32;23:50:00\" a='x\ty&amp;&lt;&quot;z' b=''>";
    EXPECT_EQ(attribute_of(tag, "exported"), "31/03/2019 23:50:00");
    EXPECT_EQ(attribute_of(tag, "version"), "1");
    EXPECT_EQ(attribute_of(tag, "a"), "x y&<\"z");
    EXPECT_EQ(attribute_of(tag, "b"), "");
    EXPECT_EQ(attribute_of(tag, "port"), "") << "not there";
    EXPECT_EQ(attribute_of("<r/>", "a"), "");
    EXPECT_EQ(attribute_of("<r a='1'/>", "a"), "1");
    EXPECT_EQ(attribute_of("<r a='>/'/>", "a"), ">/");
    EXPECT_EQ(attribute_of("<r b='a=\"2\"' a='1'>", "a"), "1") << "not inside another's value";
}

TEST(MarkupText, WhatIsWrongWithAnAttributeIsSaid) {
    const auto why = [](std::string_view tag) {
        const auto value = attribute_of(tag, "a");
        return value ? "none: " + *value : value.error();
    };
    EXPECT_EQ(why("<r a='1' b='2' a='1'>"), "occurs twice");
    EXPECT_EQ(why("<r a='&when;'>"), "holds a reference that XML does not know");
    EXPECT_EQ(why("<r a='&#xFFFF;'>"), "holds a reference that XML does not know");
    EXPECT_EQ(why("<r a='1 & 2'>"), "holds a reference that XML does not know");
    EXPECT_EQ(why("<r a='\xC3'>"), "is not UTF-8");
    EXPECT_EQ(why("<r a='" + std::string(limits::max_root_value + 1, '1') + "'>"),
              "is longer than 200 bytes");
    for (const char* tag : {"<r a=1>", "<r a>", "<r a='1>", "<r ='1'>", "<r a='1' b>", "<r a=>"})
        EXPECT_EQ(why(tag), "cannot be read: an attribute is not of the form name=\"value\"")
            << tag;
}

}  // namespace
}  // namespace dvcsync::province
